SELECT word, coalesce(name, '?') AS name, json_extract(tags, '$[1]') AS n FROM mart.joined
