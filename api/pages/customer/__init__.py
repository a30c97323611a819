"""Pages that customers open by a link: where is it, bring it back."""
