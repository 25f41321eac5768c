"""Parts of pictures that several lessons share."""
