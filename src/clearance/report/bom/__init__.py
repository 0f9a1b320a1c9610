"""Bills of materials in the standards' formats: one file a format, imported when it is named."""
