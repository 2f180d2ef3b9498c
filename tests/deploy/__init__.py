"""What `deploy/k8s` and the release hold to, checked without a cluster.

rendering.py   the manifests, as `kubectl apply -k` would send them
workloads.py   the pods in them
checks/        one rule a file: objects in, what is wrong out
flows.py       who may talk to whom, worked out from the network policies
test_*         the rules hold; each of them finds what it is there to find
"""
