"""Price lists: pages, the vendor's service, and where lists are kept."""
