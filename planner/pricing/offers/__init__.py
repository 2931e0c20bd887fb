"""The vendor's price list files (bulk JSON, bulk CSV, Query API answers) read into rows of this project's lists."""
