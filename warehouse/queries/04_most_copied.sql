-- Whose articles are carried by others, and by whom?
SELECT publisher, title, copy_count, publisher_count, publishers, kinds, url
FROM syndication
ORDER BY publisher_count DESC, copy_count DESC
LIMIT 20;
