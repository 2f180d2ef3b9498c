"""What is said of people, passwords and sessions."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    # Getting in.
    "auth.login": Text("名稱或密碼不正確。", "The name or the password is wrong."),
    "auth.disabled": Text(
        "這個帳號已停用，請洽管理者。", "This account is disabled; please ask an administrator."
    ),
    "auth.slow_down": Text(
        "嘗試次數過多，請於 {seconds} 秒後再試。",
        "Too many tries; please wait {seconds} seconds.",
    ),
    "auth.session_expired": Text(
        "登入已過期，請重新登入。", "You are not logged in any more; please log in again."
    ),
    "auth.session_only": Text(
        "這項操作需要登入，不可使用權杖。", "This takes a log-in; a token will not do."
    ),
    "auth.no_user": Text(
        "這個權杖不屬於任何使用者，沒有自己的權杖。",
        "This token belongs to no user, who alone could have tokens of their own.",
    ),
    "auth.csrf": Text(
        "請求並非來自本系統的頁面，因此拒絕。",
        "The request does not come from a page of this system; it is refused.",
    ),
    "auth.untrusted_header": Text(
        "這個標頭只接受來自受信任代理伺服器的請求，因此拒絕。",
        "Only a trusted proxy may send this header; the request is refused.",
    ),
    # Log-in at a provider.
    "oidc.not_found": Text("尚未設定單一登入。", "Log-in at a provider is not set up."),
    "oidc.away": Text(
        "登入服務目前沒有回應，請稍後再試，或以密碼登入。",
        "The log-in service does not answer; try again soon, or log in with a password.",
    ),
    "oidc.state": Text(
        "這次登入已過期、已使用，或是從另一個瀏覽器開始的；請再試一次。",
        "This log-in has expired, was used already, or began in another browser; try again.",
    ),
    "oidc.issuer": Text(
        "回應來自另一個登入服務，因此拒絕。",
        "The answer came from another log-in service; it is refused.",
    ),
    "oidc.refused": Text(
        "登入服務沒有完成登入。", "The log-in service did not complete the log-in."
    ),
    "oidc.code": Text(
        "登入服務不接受這次登入；請再試一次。",
        "The log-in service does not take this log-in; try again.",
    ),
    "oidc.token": Text(
        "登入服務的回應無法驗證，因此拒絕；請洽管理者。",
        "What the log-in service said cannot be verified; please ask an administrator.",
    ),
    "oidc.subject": Text(
        "登入服務提供的身分無法使用；請洽管理者。",
        "The identity that the log-in service told cannot be used; ask an administrator.",
    ),
    "oidc.domain": Text(
        "您的電子郵件網域不在允許範圍內，或尚未經過驗證。",
        "Your e-mail address is not of a domain that may come in, or is not verified.",
    ),
    "oidc.group": Text(
        "您不屬於可以登入的群組；請洽管理者。",
        "You are in no group that may come in; please ask an administrator.",
    ),
    "oidc.no_role": Text(
        "您的群組在此沒有對應的角色；請洽管理者。",
        "Your groups have no role here; please ask an administrator.",
    ),
    "oidc.not_set_up": Text(
        "請先建立第一位管理者（本機帳號），之後才能使用單一登入。",
        "The first administrator, who has a password, is to be created before anybody else.",
    ),
    "user.identity_taken": Text(
        "這個身分已屬於另一位使用者。", "This identity is another user's already."
    ),
    "user.not_linked": Text(
        "這位使用者沒有連結到任何登入服務。", "This user is linked to no log-in service."
    ),
    # Passwords.
    "password.short": Text(
        "密碼至少需要 {limit} 個字元。", "A password needs at least {limit} characters."
    ),
    "password.long": Text(
        "密碼最多 {limit} 個字元。", "A password may have at most {limit} characters."
    ),
    "password.odd": Text(
        "密碼不可全為空白，也不可含 NUL。", "A password must not be blank, nor hold a NUL."
    ),
    "password.is_name": Text(
        "密碼不可與名稱相同或僅加上數字。",
        "The password must not be the name, nor the name with digits behind it.",
    ),
    "password.known": Text(
        "這個密碼太常見，很容易被猜中。", "This password is too common; it would be guessed soon."
    ),
    "password.wrong": Text("目前的密碼不正確。", "This is not the present password."),
    "password.same": Text(
        "新密碼不可與目前的密碼相同。", "The new password must differ from the present one."
    ),
    "link.not_found": Text(
        "這個連結無效、已使用或已過期，請索取新的連結。",
        "This link is not valid, was used already or has expired; ask for a new one.",
    ),
    "setup.done": Text(
        "系統已有使用者，不需再設定；請直接登入。",
        "There are users already, so nothing is left to set up; please log in.",
    ),
    # People.
    "user.not_found": Text("沒有這位使用者。", "There is no such user."),
    "user.name": Text(
        "名稱不可含空白、斜線或冒號。", "A name must not hold blanks, slashes or colons."
    ),
    "user.name_taken": Text("這個名稱已有人使用。", "This name is taken."),
    "user.email": Text("這不是電子郵件地址。", "This is no e-mail address."),
    "user.changed": Text(
        "使用者已被他人修改，請重新載入後再試。",
        "The user was changed meanwhile; reload and try again.",
    ),
    "user.last_admin": Text(
        "這是最後一位可登入的管理者，不可移除、停用或降級。",
        "This is the last administrator who can log in: not to be removed, disabled or demoted.",
    ),
    "user.role_above": Text(
        "不可授予自己沒有的權限，也不可變更權限更高的使用者。",
        "Nobody can give rights that they lack, nor change a user who has more.",
    ),
    "session.not_found": Text(
        "沒有這個登入，或已結束。", "There is no such log-in, or it has ended."
    ),
    "audit.format": Text("格式須為 csv 或 jsonl。", "The format must be csv or jsonl."),
}
