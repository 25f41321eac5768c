"""The lessons: one room for each idea, with its picture, its panel and what else belongs to it alone."""
