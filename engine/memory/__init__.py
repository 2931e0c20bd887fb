"""What keys cost in memory, and what more of them will: pure arithmetic over measured figures. Knows no server."""
