"""Twin groups on edge nodes: who holds which group by lease, what a node may send, and the node itself."""
