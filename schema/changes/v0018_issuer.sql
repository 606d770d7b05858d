-- Who vouches for people: issuers of OpenID Connect tokens. A token names its issuer and its audience and no workspace, so that
-- the two together belong to one workspace only. The list is a reference table, as that of the workspaces: it may be read
-- whole, and holds no customer's data and no secret.
CREATE TABLE issuer (
  workspace bigint NOT NULL,
  issuer bigint NOT NULL,
  url text NOT NULL,                      -- as the claim `iss` has it, to the letter
  audience text NOT NULL,
  algorithms text[] NOT NULL,
  keys_url text,                          -- where the keys stand; null: as the issuer's own discovery says
  roles_claim text NOT NULL,              -- its path, with a full stop between the names
  roles jsonb NOT NULL,                   -- what stands in the claim, and which role of the hub that is
  created_at timestamptz NOT NULL,
  CONSTRAINT issuer_pkey PRIMARY KEY (workspace, issuer),
  CONSTRAINT issuer_token_key UNIQUE (url, audience),
  CONSTRAINT issuer_workspace_fkey FOREIGN KEY (workspace) REFERENCES workspace,
  CONSTRAINT issuer_positive CHECK (issuer > 0),
  CONSTRAINT issuer_url_shape CHECK (url ~ '^https?://[!-~]+$' AND char_length(url) <= 500),
  CONSTRAINT issuer_audience_short CHECK (char_length(audience) BETWEEN 1 AND 200),
  CONSTRAINT issuer_algorithms_known CHECK (cardinality(algorithms) > 0 AND algorithms <@ ARRAY['RS256', 'RS384',
    'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']),
  CONSTRAINT issuer_keys_url_shape CHECK (keys_url ~ '^https?://[!-~]+$' AND char_length(keys_url) <= 500),
  CONSTRAINT issuer_roles_claim_short CHECK (char_length(roles_claim) BETWEEN 1 AND 200),
  CONSTRAINT issuer_roles_object CHECK (jsonb_typeof(roles) = 'object'));
SELECT place('issuer', 'reference');
SELECT wall('issuer');
CREATE POLICY list ON issuer FOR SELECT USING (true);
GRANT SELECT, INSERT, DELETE ON issuer TO contatto_hub;
