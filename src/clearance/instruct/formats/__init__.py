"""One module a format: `FORMAT` says what it is and who reads it, `render` makes its files. Found by walking this folder."""
