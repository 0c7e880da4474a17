SELECT boss.name AS boss, json_group_array(p.name ORDER BY p.id) AS team
FROM raw.people AS p JOIN raw."people" AS boss ON p.boss = boss.id
GROUP BY boss.id
