"""What runs in the environment of the peers: the task, and how each peer is asked for runs."""
