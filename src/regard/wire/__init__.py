"""AWS JSON 1.1: model, codec, signatures, page tokens."""
