"""What a developer sees when a program fails: the report, its page, its text, and the checks at start.

Never imported in production.
"""

from .report import traceback_report as traceback_report
from .report import Report as Report
from .report import ExceptionReport as ExceptionReport
from .report import Explanation as Explanation
from .frames import Frame as Frame
from .frames import Local as Local
from .source import SourceLine as SourceLine
from .request import RequestSummary as RequestSummary
from .environment import Environment as Environment
from .environment import environment as environment
from .page import render_page as render_page
from .page import page_policy as page_policy
from .text import render_text as render_text
from .problem import render_problem as render_problem
from .checks import Finding as Finding
from .checks import findings_of as findings_of
from .checks import render_findings as render_findings
from .checks import check_page_hosts as check_page_hosts
from .checks import check_module_names as check_module_names
from .checks import check_templates as check_templates
from .checks import is_loopback as is_loopback
from .values import describe as describe
from .masking import is_secret as is_secret
from .masking import mask_text as mask_text
from .masking import printable as printable
