"""Template filters and tags shared by every area's pages."""
