"""Log-in at an OpenID provider: authorization code with PKCE, state, nonce.

    browser ──► GET …/oidc/start ──► the provider, who asks for a password ──► GET …/oidc/callback
                 state, nonce, PKCE                                            code ──► id token
                 cookie of this browser                                        judged ──► session

    config.py     what the administrator says of the provider
    transport.py  HTTP to it, through the guard of `shared/egress`
    provider.py   its metadata and its keys, kept for a while
    judging.py    which id token is believed, and who somebody is by it
    flow.py       the two steps, for the routes

Who may come in, and as what, is `access/outsiders.py`. A log-in with a password always remains.
"""
