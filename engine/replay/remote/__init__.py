"""Players on other hosts: a run listens, workers join it, play their parts of the plan and send their records back."""
