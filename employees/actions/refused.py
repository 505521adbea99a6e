class Refused(Exception):
    """The change is not possible; `code` is stable, the message says what to do, in the reader's language."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code
