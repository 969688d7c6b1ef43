select refresh_seq as n from cohorts where workspace_id = $1 and id = $2
