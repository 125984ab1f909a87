import django
import msgspec
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from order import Order, greeting, summary

# The middleware of `django-admin startproject`, without what needs a database.
settings.configure(
    SECRET_KEY="x" * 64,
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
)
django.setup()


def index(request):
    return HttpResponse("Hello, World!")


def greet(request, name):
    return JsonResponse(greeting(name, int(request.GET.get("times", 1))))


@csrf_exempt  # the row's client is a program without a token
def order(request):
    return JsonResponse(summary(msgspec.json.decode(request.body, type=Order)))


urlpatterns = [path("", index), path("greet/<str:name>", greet), path("order", order)]
app = get_wsgi_application()
