"""The passwords that everybody tries first, folded: words, keyboards, and what Taiwan types.

Only what is long enough to be taken otherwise, or becomes so with digits behind it.
"""

from __future__ import annotations

from typing import Final

_LIST: Final = """
password passw0rd p@ssword p@ssw0rd password1 passwordpassword mypassword yourpassword
newpassword oldpassword thepassword defaultpassword temppassword passphrase changeme
changeit changemenow changethis letmein letmeinnow welcome welcometo welcomeback qwerty
qwertyuiop qwertyuio qwertyqwerty qwerty1234 qwertyasdf asdfghjkl asdfghjkl; asdfasdf
zxcvbnm zxcvbnm,./ 1qaz2wsx 1qaz2wsx3edc 1qaz@wsx 1q2w3e4r 1q2w3e4r5t 1q2w3e4r5t6y q1w2e3r4
qazwsxedc qazwsx !qaz2wsx zaq12wsx qweasdzxc qwe123qwe asd123asd abc123abc abcabcabc
1234567890 0123456789 0987654321 9876543210 12345678910 123456789 12345678 123123123
1231231230 1234512345 123456123456 1111111111 0000000000 1212121212 1122334455 112233445566
123qweasd 123qweasdzxc 123456qwerty 123456abc a123456789 aa123456789 a1234567890
abcdefghij abcdefghijk abcdefgh abcd1234 abcd123456 abc123 iloveyou iloveyou1 iloveyouforever
sunshine princess football baseball basketball superman batman spiderman starwars pokemon
pokemon123 dragon monkey master shadow michael jennifer jordan hunter trustno1 whatever
freedom computer internet samsung samsung1 google facebook microsoft administrator admin
administrador adminadmin admin1234 admin12345 rootroot root superuser supervisor operator
operations sysadmin webmaster postgres postgresql mysql oracle database server systemadmin
automation automationsystem automation1 scheduler production development staging testtest
test1234 testing testuser guestguest guest demo demodemo demo1234 example secret secrets
topsecret supersecret verysecret mysecret secretsecret opensesame correcthorsebatterystaple
ji32k7au4a83 ji3g4go6 j;3b/6u4 5k4g4 su3cl3 woaini woaini1314 woaini520 5201314 5201314520
aaaaaaaaaa qqqqqqqqqq taiwan taiwan123 taipei taipei101 taiwanno1 taiwannumberone
"""
WORST: Final = frozenset(_LIST.split())
