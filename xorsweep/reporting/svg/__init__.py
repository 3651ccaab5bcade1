"""What pages about networks are made of: arrays in, SVG text or PNG bytes out, no Matplotlib."""
