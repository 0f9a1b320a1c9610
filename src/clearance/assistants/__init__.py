"""What each assistant is: one TOML file an assistant says all that anybody needs to know of it."""
