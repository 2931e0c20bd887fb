"""The compiled player against the plain one."""
