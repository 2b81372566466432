-- The id of a comparison is "<person>.<term>": the primary key finds it and keeps it unique.
DROP INDEX comparison_by_person;
