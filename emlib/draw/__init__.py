"""Pictures of EM: matplotlib only, object-oriented figures, no pyplot. See `emlib.draw.scene`."""
