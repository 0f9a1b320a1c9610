"""Where each line comes from: keys of added lines, and the settlement of origins between two trees. It thinks only."""
