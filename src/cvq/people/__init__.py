"""Who people are, where they live, who answers for whom; it knows no service and no card."""
