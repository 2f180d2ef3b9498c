"""The workloads, one module each; every one takes a running system and returns figures."""
