"""The kinds of channels. Each knows one way to send, and nothing of rules, retries or storage."""
