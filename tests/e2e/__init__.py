"""Stories: what people do with Lanewise from end to end, through its doors."""
