"""Networks: the runtime, the cards, the weights, one file a network."""
