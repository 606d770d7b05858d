-- Keeps its number for the search of customers.
SELECT WHERE false;
