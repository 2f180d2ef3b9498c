"""What the API answers, as models for the OpenAPI document; one module per subject."""
