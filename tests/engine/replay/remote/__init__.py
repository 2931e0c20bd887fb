"""Workers on other hosts: what both ends agree on."""
