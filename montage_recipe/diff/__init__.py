"""What one film has that another has not: two compiled recipes are compared on their timelines, and nothing is run."""
