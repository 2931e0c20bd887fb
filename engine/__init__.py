"""Everything that touches a database engine or a trace. Pure Python: knows neither Django nor the planner."""
