"""The NATS server of a deployment: its configuration, and who may do what on it.

nats.conf        for one server; includes nats-users.conf, which `automation keys` writes
                 (containers: deploy/compose/nats, deploy/k8s/nats; a cluster: its overlay)
users.py         makes nats-users.conf from shared/bus/permissions.py
"""
