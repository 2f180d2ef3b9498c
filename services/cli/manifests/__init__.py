"""Things as YAML says they should be: read, compared with the API, planned, made so.

    documents ──► planning ──► applying          export ──► writing
        │            │ dry runs of the API
        └ line numbers  └ changes, field by field

The API judges everything: a plan is what its own dry runs answer, so nothing here knows what a
default is, or how a value is normalised. What a document does not say stays as it is.
"""
