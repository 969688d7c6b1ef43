select * from identity_settings where workspace_id = $1
