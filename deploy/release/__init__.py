"""What a release is made of, what is known about that, and how it is made: `make release`.

    locks.py     what the lock files pin
    licences.py  under which licence each of it is; fails on one that is not allowed
    audit.py     asks PyPI's and npm's advisories; fails on a known vulnerability
    sbom.py      says it in CycloneDX
    build.py     wheel, source, page and image, the same bytes each time, with check sums

None of this is in the image.
"""
