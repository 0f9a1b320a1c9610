"""What we know: one page (Markdown file) a rule, and the catalogue that reads them."""
