import Foundation

/// The dovecot.conf (Dovecot 2.3) of a ``DovecotServer``: one file, loopback only, no users made for it.
struct DovecotConfiguration {
    let folder: String
    let ports: DovecotServer.Ports
    let options: DovecotServer.Options

    /// Who owns the mail: `nobody` where the server is started by root, else who starts it.
    private static let owner: (user: UInt32, group: UInt32) =
        geteuid() == 0 ? (65_534, 65_534) : (geteuid(), getegid())

    static func give(_ path: String) throws {
        guard unsafe chown(path, owner.user, owner.group) == 0 else {
            throw Command.Failure(description: "\(path) cannot be given to user \(owner.user)")
        }
    }

    var text: String {
        let (user, group) = Self.owner
        var lines = """
            base_dir = \(folder)/run
            state_dir = \(folder)/run
            log_path = \(folder)/log
            listen = 127.0.0.1
            protocols = imap lmtp
            disable_plaintext_auth = no
            auth_failure_delay = 0
            mail_location = maildir:\(folder)/mail/%u
            mail_uid = \(user)
            mail_gid = \(group)
            mail_fsync = never
            # Tests open many connections as one user.
            mail_max_userip_connections = 100
            first_valid_uid = 1
            auth_mechanisms = plain login
            passdb {
              driver = static
              args = password=\(DovecotServer.password)
            }
            userdb {
              driver = static
              args = uid=\(user) gid=\(group) home=\(folder)/mail/%u
            }
            service imap-login {
              inet_listener imap {
                port = \(ports.imap)
              }
              inet_listener imaps {
                port = \(options.tls == nil ? 0 : ports.imaps)
              }
            }
            service lmtp {
              inet_listener lmtp {
                port = \(ports.lmtp)
              }
            }
            namespace inbox {
              inbox = yes
              separator = /
              mailbox Junk {
                auto = subscribe
                special_use = \\Junk
              }
              mailbox Sent {
                auto = subscribe
                special_use = \\Sent
              }
            }
            protocol lmtp {
              postmaster_address = postmaster@test.local
            }

            """
        if geteuid() != 0, let name = unsafe getpwuid(geteuid()) {
            // Without root it can neither change user nor root folder.
            let user = unsafe String(cString: name.pointee.pw_name)
            lines += """
                default_internal_user = \(user)
                default_login_user = \(user)
                default_internal_group = \(group)
                service anvil {
                  chroot =
                }
                service imap-login {
                  chroot =
                }

                """
        }
        if let tls = options.tls {
            lines += "ssl = yes\nssl_cert = <\(tls.certificate)\nssl_key = <\(tls.key)\n"
        } else {
            lines += "ssl = no\n"
        }
        if let capability = options.capability { lines += "imap_capability = \(capability)\n" }
        return lines + options.lines + "\n"
    }
}
