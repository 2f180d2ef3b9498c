"""Requests and answers on the wire, whatever they are about: read strictly, refused clearly."""
