"""An Assessment on paper: one file per format."""
