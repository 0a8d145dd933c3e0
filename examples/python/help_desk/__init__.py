"""A client of the women's help desks: how to connect, send, read refusals, and the calls of a desk."""
