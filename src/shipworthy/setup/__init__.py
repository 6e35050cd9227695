"""Sets a repository up: what CI, policy and git attributes it needs, and what a policy that is there means."""
