-- Access control lists: aclitem is text here.

-- What is granted on an object; NULL when only the defaults are.
CREATE MACRO pg_shim._acl(kind, o, owner_) AS shim_acl(kind, o::UINTEGER, owner_::UINTEGER);

-- The list an object is born with, in which the superuser is called postgres.
CREATE MACRO pg_shim._born_acl(items) AS
  list_transform(items, lambda item: replace(item, 'postgres', shim_acl_name(10::UINTEGER)));

CREATE MACRO pg_shim.acldefault(kind, owner_) AS shim_acl_default(kind::VARCHAR, owner_::UINTEGER);

CREATE MACRO pg_shim.makeaclitem(grantee, grantor, privilege, is_grantable) AS
  shim_acl_item(grantee::UINTEGER, grantor::UINTEGER, privilege::VARCHAR, is_grantable);

CREATE MACRO pg_shim._privilege_name(letter) AS
  CASE letter
    WHEN 'a' THEN 'INSERT'
    WHEN 'r' THEN 'SELECT'
    WHEN 'w' THEN 'UPDATE'
    WHEN 'd' THEN 'DELETE'
    WHEN 'D' THEN 'TRUNCATE'
    WHEN 'x' THEN 'REFERENCES'
    WHEN 't' THEN 'TRIGGER'
    WHEN 'X' THEN 'EXECUTE'
    WHEN 'U' THEN 'USAGE'
    WHEN 'C' THEN 'CREATE'
    WHEN 'T' THEN 'TEMPORARY'
    WHEN 'c' THEN 'CONNECT'
    WHEN 's' THEN 'SET'
    WHEN 'A' THEN 'ALTER SYSTEM'
  END;

-- A row for each privilege of each item: (grantor, grantee, privilege_type, is_grantable).
CREATE MACRO pg_shim.aclexplode(items) AS
  flatten(list_transform(items, lambda item:
    list_transform(regexp_extract_all(regexp_extract(item, '=([a-zA-Z*]*)/', 1), '[a-zA-Z]\*?'), lambda word: {
      grantor: shim_acl_role(regexp_extract(item, '=[a-zA-Z*]*/(.*)$', 1)),
      grantee: shim_acl_role(regexp_extract(item, '^(.*)=[a-zA-Z*]*/', 1)),
      privilege_type: pg_shim._privilege_name(word[1]),
      is_grantable: ends_with(word, '*')
    })));
