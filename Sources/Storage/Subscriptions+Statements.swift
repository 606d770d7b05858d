extension Statement {
    static let subscriptionList = Statement(
        """
        /* subscription.list */
        SELECT subscription, name, kind, settings,
          coalesce((SELECT string_agg(secret.name, ' ' ORDER BY secret.name) FROM subscription_secret AS secret
            WHERE secret.workspace = $1 AND secret.subscription = subscription.subscription), ''),
          paused, disabled, created_at,
          encode(sha256(convert_to(settings::text || coalesce((
            SELECT string_agg(secret.name || encode(sha256(secret.sealed), 'hex'), ' ' ORDER BY secret.name)
            FROM subscription_secret AS secret
            WHERE secret.workspace = $1 AND secret.subscription = subscription.subscription), ''), 'UTF8')), 'hex')
        FROM subscription WHERE workspace = $1 ORDER BY name
        """)
    static let subscriptionHealth = Statement(
        """
        /* subscription.health */
        SELECT told.subscription, told.epoch, told.position, journal.position, told.holder, told.delivered,
          told.delivered_at, told.failures, told.failure, told.failed_at, told.try_at,
          (SELECT count(*) FROM delivery
            WHERE workspace = $1 AND subscription = told.subscription AND dead_at IS NULL),
          (SELECT count(*) FROM delivery
            WHERE workspace = $1 AND subscription = told.subscription AND dead_at IS NOT NULL)
        FROM subscription_cursor AS told JOIN journal ON journal.workspace = $1
        WHERE told.workspace = $1
        """)
    static let subscriptionAdd = Statement(
        """
        /* subscription.add */
        INSERT INTO subscription (workspace, subscription, name, kind, settings, created_at)
        SELECT $1, coalesce(max(subscription), 0) + 1, $2, $3, $4, $5 FROM subscription WHERE workspace = $1
        RETURNING subscription
        """)
    static let subscriptionCursorAdd = Statement(
        """
        /* subscription.cursor_add */
        INSERT INTO subscription_cursor (workspace, subscription, epoch, position) VALUES ($1, $2, $3, $4)
        """)
    static let subscriptionChange = Statement(
        """
        /* subscription.change */
        UPDATE subscription SET settings = (settings - $3::text[]) || $4::jsonb
        WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionPause = Statement(
        """
        /* subscription.pause */
        UPDATE subscription SET paused = $3, disabled = CASE WHEN $3 THEN disabled END
        WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionDisable = Statement(
        """
        /* subscription.disable */
        UPDATE subscription SET disabled = $3 WHERE workspace = $1 AND subscription = $2
        """)
    /// What failed before is forgotten: it is tried at once.
    static let subscriptionForgive = Statement(
        """
        /* subscription.forgive */
        UPDATE subscription_cursor SET failures = 0, try_at = NULL WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionRemove = Statement(
        """
        /* subscription.remove */
        DELETE FROM subscription WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionSecrets = Statement(
        """
        /* subscription.secrets */
        SELECT name, sealed FROM subscription_secret WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionSecretSet = Statement(
        """
        /* subscription.secret_set */
        INSERT INTO subscription_secret (workspace, subscription, name, sealed) VALUES ($1, $2, $3, $4)
        ON CONFLICT (workspace, subscription, name) DO UPDATE SET sealed = EXCLUDED.sealed
        """)
    static let subscriptionSecretRemove = Statement(
        """
        /* subscription.secret_remove */
        DELETE FROM subscription_secret WHERE workspace = $1 AND subscription = $2 AND name = $3
        """)
    static let subscriptionRow = Statement(
        """
        /* subscription.row */
        SELECT fence, holder, until, clock_timestamp(), epoch, position, failures, replays
        FROM subscription_cursor
        WHERE workspace = $1 AND subscription = $2 FOR NO KEY UPDATE
        """)
    static let subscriptionTake = Statement(
        """
        /* subscription.take */
        UPDATE subscription_cursor SET fence = $3, holder = $4, until = $5 WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionRenew = Statement(
        """
        /* subscription.renew */
        UPDATE subscription_cursor SET until = $4
        WHERE workspace = $1 AND subscription = $2 AND fence = $3 AND holder IS NOT NULL
        """)
    static let subscriptionRelease = Statement(
        """
        /* subscription.release */
        UPDATE subscription_cursor SET holder = NULL, until = NULL
        WHERE workspace = $1 AND subscription = $2 AND fence = $3
        """)
    /// Whoever holds it finds at his next write that he does not.
    static let subscriptionUnhold = Statement(
        """
        /* subscription.unhold */
        UPDATE subscription_cursor SET fence = fence + 1, holder = NULL, until = NULL
        WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionMove = Statement(
        """
        /* subscription.move */
        UPDATE subscription_cursor SET fence = fence + 1, holder = NULL, until = NULL, epoch = $3, position = $4,
          replays = replays + 1, failures = 0, try_at = NULL
        WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionProgress = Statement(
        """
        /* subscription.progress */
        UPDATE subscription_cursor SET position = $3, delivered = delivered + $4,
          delivered_at = coalesce($5::timestamptz, delivered_at), failures = $6, failure = coalesce($7::text, failure),
          failed_at = coalesce($8::timestamptz, failed_at), try_at = $9
        WHERE workspace = $1 AND subscription = $2
        """)
    static let subscriptionFailure = Statement(
        """
        /* subscription.failure */
        UPDATE subscription_cursor SET failures = $4, failure = $5, failed_at = $6
        WHERE workspace = $1 AND subscription = $2 AND fence = $3
        """)
    static let deliveryPark = Statement(
        """
        /* delivery.park */
        INSERT INTO delivery (workspace, subscription, position, at, type, profile, keys, attempts, try_at, failure,
          failed_at, dead_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (workspace, subscription, position) DO UPDATE SET attempts = EXCLUDED.attempts,
          try_at = EXCLUDED.try_at, failure = EXCLUDED.failure, failed_at = EXCLUDED.failed_at,
          dead_at = EXCLUDED.dead_at
        """)
    static let deliverySettle = Statement(
        """
        /* delivery.settle */
        DELETE FROM delivery WHERE workspace = $1 AND subscription = $2 AND position = ANY ($3::bigint[])
        """, isPlannedAnew: true)
    static let deliveryForget = Statement(
        """
        /* delivery.forget */
        DELETE FROM delivery WHERE workspace = $1 AND subscription = $2 AND position > $3
        """)
    static let deliveryRevive = Statement(
        """
        /* delivery.revive */
        UPDATE delivery SET dead_at = NULL, attempts = 0, try_at = $4
        WHERE workspace = $1 AND subscription = $2 AND dead_at IS NOT NULL AND ($3::bigint IS NULL OR position = $3)
        """)
    static let deliveryList = Statement(
        """
        /* delivery.list */
        SELECT position, at, type, profile, array_to_string(keys, ','), attempts, try_at, failure, failed_at, dead_at
        FROM delivery WHERE workspace = $1 AND subscription = $2 AND (dead_at IS NOT NULL) = $3
        ORDER BY position LIMIT $4
        """)
    static let deliveryWaiting = Statement(
        """
        /* delivery.waiting */
        SELECT position, at, type, profile, array_to_string(keys, ','), attempts, try_at, failure, failed_at, dead_at
        FROM delivery WHERE workspace = $1 AND subscription = $2 AND (dead_at IS NULL OR position > $3)
        ORDER BY position
        """)
    static let deliveryLog = Statement(
        """
        /* delivery.log */
        SELECT position, tried_at, milliseconds, status, failure FROM delivery_log
        WHERE workspace = $1 AND subscription = $2 ORDER BY number DESC LIMIT $3
        """)
    static let deliveryLogLast = Statement(
        """
        /* delivery.log_last */
        SELECT coalesce(max(number), 0) FROM delivery_log WHERE workspace = $1 AND subscription = $2
        """)
    static let deliveryLogAdd = Statement(
        """
        /* delivery.log_add */
        INSERT INTO delivery_log (workspace, subscription, number, position, tried_at, milliseconds, status, failure)
        SELECT $1, $2, number, position, tried_at, milliseconds, status, failure
        FROM unnest($3::bigint[], $4::bigint[], $5::timestamptz[], $6::integer[], $7::smallint[], $8::text[])
          AS new (number, position, tried_at, milliseconds, status, failure)
        ON CONFLICT DO NOTHING
        """)
    static let deliveryLogCut = Statement(
        """
        /* delivery.log_cut */
        DELETE FROM delivery_log WHERE workspace = $1 AND subscription = $2 AND number <= $3
        """)
}
