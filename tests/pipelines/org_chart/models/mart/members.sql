-- One row a member again.
SELECT teams.boss, member.value AS name, member.key AS place
FROM mart.teams AS teams, json_each(teams.team) AS member
